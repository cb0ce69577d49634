import '@mantine/core/styles.css'
import './style.css'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Router } from 'wouter'
import { App } from './app.tsx'
import { isWorthRepeating } from './api/ask.ts'
import { THEME, VARIABLES } from './theme.ts'

/** What the server allows of styles that are put in while the page runs. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''
/** Where what keeps the page behind a dialog from scrolling (react-remove-scroll) looks for it. */
Object.assign(window, { __webpack_nonce__: nonce })

const queries = new QueryClient({
  defaultOptions: { queries: { retry: isWorthRepeating, staleTime: 1_000, refetchOnWindowFocus: true } },
})

// A link to sign in that is opened in this very tab changes only what stands behind the #, and a browser loads nothing for that.
window.addEventListener('hashchange', () => location.hash.startsWith('#sign-in=') && location.reload())

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider
      theme={THEME}
      cssVariablesResolver={VARIABLES}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queries}>
        <Router base="/console">
          <App />
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
