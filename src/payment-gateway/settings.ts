import { defineSettings, url } from '#platform/settings'

export const settings = defineSettings({
  /** The payment gateway; npm start runs one of the sandbox where this is not set. */
  PAYMENT_GATEWAY_URL: url(['http', 'https'], 'http://127.0.0.1:4010').default('http://127.0.0.1:4010'),
})
