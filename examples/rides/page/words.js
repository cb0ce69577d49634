/* global document */

/** An element that holds a text. */
export function element(name, text, className = '') {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}

/** Pence as pounds. */
export const pounds = (amount) => `£${(amount / 100).toFixed(2)}`
