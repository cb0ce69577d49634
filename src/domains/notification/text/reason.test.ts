import { reasonIn } from './reason.ts'

it.each([
  [
    422,
    '{"error":{"code":"not_in_service","message":"Nobody has +447700900404."}}',
    'not_in_service (422): "Nobody has (number)."',
  ],
  [
    400,
    '{"code":21211,"message":"The \\"To\\" number is not valid.","status":400}',
    `21211 (400): "The 'To' number is not valid."`,
  ],
  [401, '{"type":"about:blank","title":"Unauthorized","detail":"No such key"}', 'Unauthorized (401): "No such key"'],
  [
    402,
    '{"errors":[{"code":25,"description":"Not enough balance","parameter":null}]}',
    '25 (402): "Not enough balance"',
  ],
  [403, '{"error":"forbidden\\n  here"}', 'Forbidden (403): "forbidden here"'],
  [500, '{"ok":false}', `Internal Server Error (500): "{'ok':false}"`],
  [502, 'upstream  is away', 'Bad Gateway (502): "upstream is away"'],
  [503, '', 'Service Unavailable (503)'],
  [599, 'null', 'no code (599): "null"'],
])('of %d %s', (status, body, reason) => expect(reasonIn(status, body)).toBe(reason))
