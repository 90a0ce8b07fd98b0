// That check.mjs finds what it is there to find: a small description, and answers that break it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRecordings, load } from './check.mjs';

const folder = mkdtempSync(join(tmpdir(), 'overt-openapi-'));
const document = (text) => {
    const file = join(folder, 'api.yaml');
    writeFileSync(file, text);
    return load(process.argv[2], file);
};
const good = `
openapi: 3.1.0
info: { title: t, version: "1" }
paths:
  /v1/a:
    get:
      operationId: a
      parameters: [{ name: limit, in: query, schema: { type: integer } }]
      responses:
        "200":
          description: A
          content:
            application/json:
              schema:
                type: object
                required: [id]
                properties: { id: { type: string, format: uuid } }
    put:
      operationId: c
      responses:
        "200":
          description: A, and more
          content:
            application/json:
              schema:
                allOf:
                  - { $ref: "#/components/schemas/Part" }
                  - { type: object, required: [y], properties: { y: { type: integer } } }
    post:
      operationId: b
      requestBody:
        content:
          application/json: { schema: { type: object, required: [x] } }
      responses: { "204": { description: Done } }
components:
  schemas:
    Part: { type: object, required: [x], properties: { x: { type: integer } } }
    Error:
      type: object
      required: [error]
      properties: { error: { type: object, required: [code], properties: { code: { type: string } } } }
`;
const id = '00000000-0000-4000-8000-000000000001';
const get = { program: 'test', method: 'GET', target: '/v1/a', status: 200, bytes: 1, answer: { id } };
const post = {
    program: 'test', method: 'POST', target: '/v1/a', type: 'application/json', request: { x: 1 },
    status: 204, bytes: 0,
};
const put = { program: 'test', method: 'PUT', target: '/v1/a', status: 200, bytes: 1, answer: { x: 1, y: 2 } };
const api = await document(good);
const problems = (...more) => checkRecordings(api, [get, put, post, ...more]);

try {
    await assert.rejects(document(good.replace('operationId: a', 'operationID: a').replace('info:', 'inf:')));
    await assert.rejects(document(good.replace('3.1.0', '3.0.3')));
    assert.deepEqual(problems(), []);
    assert.match(checkRecordings(api, [get, put]).join(), /POST \/v1\/a: no recorded request succeeded/);
    assert.match(problems({ ...get, answer: {} }).join(), /required property 'id'/);
    assert.match(problems({ ...get, answer: { id: 'x' } }).join(), /format "uuid"/);
    assert.match(problems({ ...get, answer: { id, name: 'x' } }).join(), /unevaluated/);
    assert.match(problems({ ...put, answer: { x: 1 } }).join(), /required property 'y'/);
    assert.match(problems({ ...put, answer: { x: 1, y: 2, z: 3 } }).join(), /unevaluated.*"z"/);
    assert.match(problems({ ...get, answer: undefined }).join(), /must be object/);
    assert.match(problems({ ...get, status: 201 }).join(), /201 is not described/);
    assert.match(problems({ ...get, target: '/v1/a?x=1' }).join(), /parameter x is accepted/);
    assert.match(problems({ ...get, target: '/v1/b' }).join(), /not described/);
    assert.match(problems({ ...get, status: 500, answer: { error: 'x' } }).join(), /answer: \/error/);
    assert.match(problems({ ...post, request: {} }).join(), /request: .*required property 'x'/);
    assert.match(problems({ ...post, type: 'text/plain' }).join(), /text\/plain is accepted/);
    assert.match(problems({ ...post, bytes: 2 }).join(), /a body where none is described/);
    assert.deepEqual(problems({ ...get, target: '/v1/a?limit=1' }), []);
    assert.deepEqual(problems({ ...get, status: 404, answer: { error: { code: 'x' } } }), []);
    const route = (method, path, body) => ({ method, path, body });
    assert.deepEqual(api.compare([route('GET', '/v1/a'), route('PUT', '/v1/a'), route('POST', '/v1/a', 'application/json')]), []);
    assert.match(api.compare([route('GET', '/v1/a')]).join(), /POST \/v1\/a is described and not served/);
    assert.match(api.compare([route('GET', '/v1/z')]).join(), /GET \/v1\/z is served and not described/);
    assert.match(api.compare([{ ...route('GET', '/v1/a'), creates: true }]).join(), /Idempotency-Key/);
    assert.match(api.compare([route('POST', '/v1/a', 'image/jpeg')]).join(), /takes image\/jpeg/);
} finally {
    rmSync(folder, { recursive: true });
}
