/** The document that refuses a request. */
export const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail', 'instance', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable' },
    detail: { type: 'string', description: 'What is wrong in this case, and what to do' },
    instance: { type: 'string' },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON Pointer (RFC 6901) into the body' },
          parameter: { type: 'string', description: 'Name of the path or query parameter or header' },
          code: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
  examples: [
    {
      type: 'urn:fanfare:problem:order-not-found',
      title: 'Order not found',
      status: 404,
      code: 'order-not-found',
      detail: 'There is no order 019a9c4e-0fbd-7ca9-879d-729ff1c9c74e.',
      instance: '/v1/orders/019a9c4e-0fbd-7ca9-879d-729ff1c9c74e',
      requestId: '4bf92f3577b34da6a3ce929d0e0e4736',
    },
  ],
}
