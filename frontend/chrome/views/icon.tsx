/** Line icons, drawn here so that nothing is fetched. Decorative: the button that holds one carries the name. */
const PATHS = {
  home: "M3 11.5 12 4l9 7.500M5.500 10v9.500h13V10M10 19.500v-6h4v6",
  back: "M14.500 5.500 8 12l6.500 6.500M8 12h12",
  forward: "M9.500 5.500 16 12l-6.500 6.500M16 12H4",
  star: "M12 4l2.500 5.200 5.700.8-4.100 4 1 5.700-5.100-2.700-5.100 2.700 1-5.700-4.100-4 5.700-.8z",
  book: "M5 5.500A1.500 1.500 0 0 1 6.500 4H19v14H6.500A1.500 1.500 0 0 0 5 19.500zM5 19.500A1.500 1.500 0 0 0 6.500 21H19v-3",
  page: "M6 3.500h8l4.500 4.500v12.500H6zM14 3.500V8h4.500",
  reload: "M19.500 12a7.500 7.500 0 1 1-2.200-5.300L20 9.300M20 4v5.300h-5.300",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  unlock: "M6 11h12v9H6zM8.500 11V7.500a3.500 3.500 0 0 1 6.800-1.200",
  phone:
    "M5 4h4l1.800 4.500-2.300 1.600a12 12 0 0 0 5.400 5.400l1.600-2.300L20 15v4a1.500 1.500 0 0 1-1.600 1.500A16 16 0 0 1 3.500 5.600 1.500 1.500 0 0 1 5 4z",
  hangUp: "M3 14.500c5-5 13-5 18 0l-2.400 2.600-3.600-1.700v-2.600a10 10 0 0 0-6 0v2.600l-3.600 1.700z",
  message: "M4 5h16v11.500h-8.500L7 20v-3.500H4z",
  mic: "M12 4a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-5 0v-5A2.500 2.500 0 0 1 12 4zM6 11.500a6 6 0 0 0 12 0M12 17.500V21",
  micOff:
    "M12 4a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-5 0v-5A2.500 2.500 0 0 1 12 4zM6 11.500a6 6 0 0 0 12 0M12 17.500V21M4 4l16 16",
  pause: "M8.500 5v14M15.500 5v14",
  play: "M7 5l12 7-12 7z",
  keypad: "M6 5h.01M12 5h.01M18 5h.01M6 11h.01M12 11h.01M18 11h.01M6 17h.01M12 17h.01M18 17h.01",
  down: "M6 9.500l6 6 6-6",
  close: "M6 6l12 12M18 6L6 18",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500a7.500 7.500 0 0 1 15 0",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      class={`icon icon-${name}`}
      viewBox="0 0 24 24"
      width="20"
      height="20"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Elsipo's mark. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 64 64" width="28" height="28" aria-hidden="true" focusable="false">
      <rect class="logo-ground" x="2" y="2" width="60" height="60" rx="15" />
      <path class="logo-line" d="M17 34.500H45.500A14.250 14.250 0 1 0 41.300 44.600" />
      <circle class="logo-spark" cx="49.5" cy="14.5" r="5.5" />
    </svg>
  );
}
