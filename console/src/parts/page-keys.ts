import { useHotkeys } from '@mantine/hooks'

type Keys = Record<string, () => unknown>

/** Keys of a page. While a dialog stands above it they do nothing: what is typed there would be lost with what it belongs to. */
export function usePageKeys(keys: Keys): void {
  const isBeneath = () => document.querySelector('[aria-modal=true]') !== null
  useHotkeys(Object.entries(keys).map(([key, act]) => [key, () => isBeneath() || act()]))
}
