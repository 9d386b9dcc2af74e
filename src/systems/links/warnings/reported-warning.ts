/** What visitors read of a link that several people have reported. Nobody of the staff has looked at it yet. */
export const REPORTED_WARNING = 'Several people have reported this link.';

export function reportedWarning(reported: boolean): string | undefined {
  return reported ? REPORTED_WARNING : undefined;
}
