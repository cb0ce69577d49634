/** The sign of Fanfare. */
export const Mark = () => (
  <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="#4c51d8" />
    <path d="M7 13.5v5h3l12 5.5V8l-12 5.5z" fill="none" stroke="#fff" strokeWidth="2.2" strokeLinejoin="round" />
    <path d="M25.5 13a4.2 4.2 0 0 1 0 6" fill="none" stroke="#ffc857" strokeWidth="2.2" strokeLinecap="round" />
  </svg>
)
