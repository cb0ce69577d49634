import { traceFields } from './tracing.ts'

it('a line of the log says whether its trace is recorded', () => {
  const [trace_id, span_id] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
  for (const trace_flags of ['00', '01'])
    expect(traceFields(`00-${trace_id}-${span_id}-${trace_flags}`)).toEqual({ trace_id, span_id, trace_flags })
  expect(traceFields(null)).toEqual({})
})
