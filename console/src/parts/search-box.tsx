import { Kbd, TextInput } from '@mantine/core'
import { useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { Icon } from './icons.tsx'
import { usePageKeys } from './page-keys.ts'

/** From every page, by the key `/`. */
export function SearchBox() {
  const [words, setWords] = useState('')
  const [, goTo] = useLocation()
  const input = useRef<HTMLInputElement>(null)
  const focus = () => input.current?.focus()
  usePageKeys({ '/': focus, 'mod+K': focus })
  return (
    <form
      role="search"
      style={{ minWidth: 0 }}
      onSubmit={(event) => {
        event.preventDefault()
        if (words.trim()) goTo(`/orders?q=${encodeURIComponent(words.trim())}`)
      }}
    >
      <TextInput
        ref={input}
        w={{ base: 230, xs: 260, md: 400 }}
        maw="100%"
        value={words}
        onChange={({ currentTarget }) => setWords(currentTarget.value)}
        aria-label="Find an order"
        placeholder="Order, e-mail, SKU, tracking number …"
        leftSection={<Icon name="search" size={16} />}
        rightSection={
          <Kbd size="xs" visibleFrom="xs">
            /
          </Kbd>
        }
      />
    </form>
  )
}
