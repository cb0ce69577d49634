/** Lines of 24 by 24, drawn in the colour of the text. */
const PATHS = {
  overview: 'M3 12h4l3 7 4-14 3 7h4',
  search: 'M11 19a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM21 21l-4.3-4.3',
  letters: 'M4 6h16v12H4zM4 7l8 6 8-6',
  reactions: 'M13 2 4 14h7l-1 8 9-12h-7z',
  flow: 'M6 3v6M6 9a3 3 0 1 0 0 6M6 15v6M18 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM9 12h6',
  projections:
    'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  events: 'M4 6h16M4 12h10M4 18h13',
  log: 'M9 3h6v4H9zM9 5H5v16h14V5h-4M9 12h6M9 16h4',
  sun: 'M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM12 1v2M12 21v2M4.2 4.2l1.4 1.4M18.4 18.4l1.4 1.4M1 12h2M21 12h2M4.2 19.8l1.4-1.4M18.4 5.6l1.4-1.4',
  moon: 'M21 12.8A9 9 0 1 1 11.2 3a7 7 0 0 0 9.8 9.8z',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
  leave: 'M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4M16 17l5-5-5-5M21 12H9',
  check: 'M20 6 9 17l-5-5',
  alert: 'M12 9v4M12 17h.01M10.3 3.9 1.8 18a2 2 0 0 0 1.7 3h17a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0z',
  download: 'M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4M7 10l5 5 5-5M12 15V3',
  repeat: 'M17 2l4 4-4 4M3 11V9a3 3 0 0 1 3-3h15M7 22l-4-4 4-4M21 13v2a3 3 0 0 1-3 3H3',
  back: 'M19 12H5M12 19l-7-7 7-7',
  webhooks:
    'M18 16a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM6 16a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 2a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM10.5 7.6 7 16.2M13.5 7.6l3.5 8.6M9 19h6',
  key: 'M21 8a5 5 0 1 1-6.6-4.7A5 5 0 0 1 21 8zM12.5 11.5 4 20v1h4v-3h3v-3M17 7h.01',
  copy: 'M9 9h12v12H9zM5 15H3V3h12v2',
} as const

export type IconName = keyof typeof PATHS

export const Icon = ({ name, size = 18 }: { name: IconName; size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.8}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={PATHS[name]} />
  </svg>
)
