/** Texts that show nothing: white space, and characters that readers cannot see. */

const VISIBLE = /[^\s\p{Z}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether there is something to see. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}
