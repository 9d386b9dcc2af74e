/** A button that opens a list of actions, which no edge of a list can clip. */
import { useId, useRef } from 'preact/hooks';
import { IconButton } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';
import './menu.css';

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly onChoose: () => void;
}

export function Menu({ label, items }: { readonly label: string; readonly items: readonly MenuItem[] }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLSpanElement>(null);

  function place(): void {
    const box = button.current?.getBoundingClientRect();
    const menu = list.current;
    if (box === undefined || menu === null) return;
    const below = box.bottom + menu.offsetHeight < innerHeight;
    menu.style.top = `${below ? box.bottom : Math.max(box.top - menu.offsetHeight, 8)}px`;
    menu.style.left = `${Math.max(Math.min(box.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8), 8)}px`;
  }

  function choose(item: MenuItem): void {
    list.current?.hidePopover();
    item.onChoose();
  }

  function move(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const choices = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = choices.indexOf(document.activeElement as HTMLButtonElement);
    choices[(at + step + choices.length) % choices.length]?.focus();
  }

  return (
    <span ref={button}>
      <IconButton icon="more" label={label} aria-haspopup="menu" popovertarget={id} />
      <div
        ref={list}
        id={id}
        class="menu"
        role="menu"
        popover="auto"
        onToggle={({ newState }) => {
          if (newState !== 'open') return;
          place();
          list.current?.querySelector('button')?.focus();
        }}
        onKeyDown={move}
      >
        {items.map((item) => (
          <button
            key={item.label}
            type="button"
            role="menuitem"
            class={item.danger ? 'menu-item menu-danger' : 'menu-item'}
            onClick={() => choose(item)}
          >
            {item.icon !== undefined && <Icon name={item.icon} />}
            {item.label}
          </button>
        ))}
      </div>
    </span>
  );
}
