/** Line drawings of 24 units. They say nothing by themselves: what they stand for is written beside them, or a label. */

const PATHS = {
  home: 'M3 11 12 4l9 7M5 10v9h5v-5h4v5h5v-9',
  search: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14m5 12 4 4',
  write: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 20h4',
  menu: 'M4 7h16M4 12h16M4 17h16',
  user: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8M4 20c1-4 4-6 8-6s7 2 8 6',
  users:
    'M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7M3 19c.5-3 3-5 6-5s5.500 2 6 5M16 5.500a3.500 3.500 0 0 1 0 6.500M18 14.500c1.500.8 2.600 2.400 3 4.500',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  photo: 'M4 6h16v13H4zM4 16l5-5 4 4 3-3 4 4M15.500 9.500h.01',
  settings: 'M5 7h9M18 7h1M5 12h1M10 12h9M5 17h7M16 17h3M16 5v4M8 10v4M14 15v4',
  shield: 'M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6z',
  heart:
    'M12 20 4.500 12.500a4.600 4.600 0 0 1 0-6.500 4.600 4.600 0 0 1 6.500 0l1 1 1-1a4.600 4.600 0 0 1 6.500 6.500z',
  repost: 'M6 8h10a3 3 0 0 1 3 3v1M9 5 6 8l3 3M18 16H8a3 3 0 0 1-3-3v-1M15 19l3-3-3-3',
  reply: 'M10 7 4 12l6 5v-3.500c5 0 8 1.500 10 4.500 0-6-4-9-10-9z',
  bookmark: 'M6 4h12v16l-6-4-6 4z',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  close: 'M6 6l12 12M18 6 6 18',
  back: 'M14 6l-6 6 6 6',
  forward: 'M10 6l6 6-6 6',
  next: 'M10 6l6 6-6 6',
  down: 'M6 10l6 6 6-6',
  check: 'M5 13l4 4L19 7',
  copy: 'M9 9h10v11H9zM5 15V4h10v2',
  chart: 'M5 20v-8M12 20V5M19 20v-5',
  globe: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M4 12h16M12 4c3 3 3 13 0 16M12 4c-3 3-3 13 0 16',
  lock: 'M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3',
  mail: 'M4 6h16v12H4zM4 7l8 6 8-6',
  eye: 'M3 12c3-5 6-7 9-7s6 2 9 7c-3 5-6 7-9 7s-6-2-9-7M12 9.500a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  flag: 'M6 21V4h11l-2 4 2 4H6',
  plus: 'M12 5v14M5 12h14',
  trend: 'M4 17l6-6 4 4 6-8M15 7h5v5',
  tag: 'M9 4 7 20M17 4l-2 16M4 9h16M3 15h16',
  clock: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M12 8v4l3 2',
  ban: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M6.500 6.500l11 11',
  larger: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14m5 12 4 4M8 11h6M11 8v6',
  smaller: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14m5 12 4 4M8 11h6',
  qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2M20 14v2M14 20h2M18 18h2v2',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  upload: 'M12 16V5M7 9l5-5 5 5M5 20h14',
  used: 'M5 5v14M9 5v14M13 5v14M17 5v14M3 16 19 8',
  off: 'M12 3v9M7 6a8 8 0 1 0 10 0',
  car: 'M4 16v-4l2-5h12l2 5v4zM4 12h16M6 16v3h2v-3M16 16v3h2v-3M7 14h.01M17 14h.01',
  target: 'M12 5a7 7 0 1 1 0 14 7 7 0 0 1 0-14M12 2v4M12 18v4M2 12h4M18 12h4',
  star: 'M12 4l2.500 5.200 5.500.700-4 3.900 1 5.700-5-2.800-5 2.800 1-5.700-4-3.900 5.500-.700z',
  offline: 'M4 4l16 16M5 12a10 10 0 0 1 4-2.500M8.500 15.500A5 5 0 0 1 12 14M12 8c3 0 5 1 7 3M12 19h.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, filled = false }: { readonly name: IconName; readonly filled?: boolean }) {
  return (
    <svg
      width="24"
      height="24"
      viewBox="0 0 24 24"
      fill={filled ? 'currentColor' : 'none'}
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
