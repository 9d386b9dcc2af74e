/** Parts of a page with addresses of their own: links, of which one is the current. */
import './tabs.css';

export interface Tab {
  readonly label: string;
  readonly href: string;
  readonly isCurrent: boolean;
}

export function Tabs({ name, tabs }: { readonly name: string; readonly tabs: readonly Tab[] }) {
  return (
    <nav class="tabs" aria-label={name}>
      {tabs.map(({ label, href, isCurrent }) => (
        <a key={href} href={href} aria-current={isCurrent ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}
