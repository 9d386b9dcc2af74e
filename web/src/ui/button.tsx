import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import './button.css';
import { Icon, type IconName } from './icon.tsx';

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'icon'> & {
  readonly tone?: 'primary' | 'plain' | 'danger' | 'quiet' | undefined;
  readonly size?: 'normal' | 'small' | undefined;
  readonly icon?: IconName | undefined;
  /** Its work is under way: it takes no further press, and says so. */
  readonly busy?: boolean | undefined;
  readonly children: ComponentChildren;
};

export function Button({
  tone = 'plain',
  size = 'normal',
  icon,
  busy = false,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={`button button-${tone} button-${size}`}
      aria-busy={busy}
      aria-disabled={busy || rest['aria-disabled']}
      onClick={busy ? (event) => event.preventDefault() : rest.onClick}
    >
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'icon' | 'label'> & {
  readonly icon: IconName;
  /** What it does, for who cannot see it, and as its hint. */
  readonly label: string;
};

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <button type="button" {...rest} class="icon-button" aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}
