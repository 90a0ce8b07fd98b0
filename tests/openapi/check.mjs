// The API's description against the server.
//
//   check.mjs --modules DIR --document FILE --routes PROGRAM     the document itself, and the routes
//   check.mjs --modules DIR --document FILE --recordings DIR     what the server was seen to answer
//
// Nothing is judged here but by the validators in DIR: the document by OpenAPI's own schema of
// version 3.1, bodies by JSON Schema 2020-12. This file only finds which schema a body belongs to.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
// What the HTTP library answers by itself has no body of ours; server/api/README.md names it.
const BY_LIBRARY = [400, 413];

export async function load(modules, document) {
    const require = createRequire(resolve(modules, 'package.json'));
    const { parse } = require('yaml');
    const { default: Ajv } = await import(pathToFileURL(require.resolve('ajv/dist/2020.js')));
    const { default: addFormats } = await import(pathToFileURL(require.resolve('ajv-formats')));
    const { Validator } = await import(
        pathToFileURL(require.resolve('@seriousme/openapi-schema-validator')));
    const api = parse(readFileSync(document, 'utf8'));
    const verdict = await new Validator().validate(structuredClone(api));
    if (!verdict.valid)
        throw new Error(`${document} is no valid OpenAPI: ${JSON.stringify(verdict.errors, null, 1)}`);
    if (!String(api.openapi).startsWith('3.1.'))
        throw new Error(`${document} is OpenAPI ${api.openapi}, not 3.1`);
    return new Description(api, new Ajv.default({ strict: false, allErrors: true }),
        addFormats.default);
}

class Description {
    constructor(api, ajv, addFormats) {
        this.api = api;
        this.ajv = ajv;
        addFormats(ajv);
        ajv.addSchema({ ...close(structuredClone(api)), $id: 'closed:/' });
        ajv.addSchema({ ...structuredClone(api), $id: 'open:/' });
        this.validators = new Map();
    }

    operations() {
        return Object.entries(this.api.paths).flatMap(([path, item]) =>
            METHODS.filter((method) => item[method]).map((method) => ({
                name: `${method.toUpperCase()} ${path}`,
                method: method.toUpperCase(),
                path,
                parts: path.split('/'),
                pointer: `/paths/${escape(path)}/${method}`,
                item,
                ...item[method],
            })));
    }

    // A literal part wins over "{any}", as in the server's table.
    find(method, target) {
        const parts = target.split('?')[0].split('/');
        const literal = (operation) => operation.parts.filter((part) => !isVariable(part)).length;
        const paths = this.operations().filter((operation) =>
            operation.parts.length === parts.length &&
            operation.parts.every((part, i) => isVariable(part) || part === parts[i]));
        const best = Math.max(...paths.map(literal));
        return paths.filter((operation) => literal(operation) === best)
            .find((operation) => operation.method === method);
    }

    // Follows "$ref" of a response or body (schemas are left to the validator).
    resolve(node, pointer) {
        while (node?.$ref) {
            pointer = node.$ref.slice(1);
            node = pointer.split('/').slice(1).reduce((at, key) => at[unescape(key)], this.api);
        }
        return { node, pointer };
    }

    // What is wrong with body by the schema at the pointer; null when nothing is.
    judge(kind, pointer, body) {
        const ref = `${kind}:/#${pointer}`;
        if (!this.validators.has(ref))
            this.validators.set(ref, this.ajv.compile({ $ref: ref }));
        const validate = this.validators.get(ref);
        return validate(body) ? null : validate.errors
            .map((error) => `${error.instancePath || '/'} ${error.message} ` +
                JSON.stringify(error.params)).join('; ');
    }

    // Problems of one recorded exchange, as sentences.
    check(exchange) {
        const operation = this.find(exchange.method, exchange.target);
        if (!operation)
            return this.checkError(exchange, [400, 403, 404, 405, 503]);
        const code = String(exchange.status);
        if (!(code in operation.responses))
            return this.checkError(exchange, null);
        return [...this.checkAnswer(operation, exchange, code),
            ...this.checkRequest(operation, exchange)];
    }

    checkError(exchange, statuses) {
        if (exchange.status < 400)
            return [`status ${exchange.status} is not described`];
        if (statuses && !statuses.includes(exchange.status))
            return [`status ${exchange.status} for a path that is not described`];
        if (exchange.answer === undefined && BY_LIBRARY.includes(exchange.status))
            return [];
        const problem = this.judge('closed', '/components/schemas/Error', exchange.answer ?? null);
        return problem ? [`answer: ${problem}`] : [];
    }

    checkAnswer(operation, exchange, code) {
        const { node, pointer } = this.resolve(operation.responses[code],
            `${operation.pointer}/responses/${code}`);
        const types = Object.keys(node.content ?? {});
        if (types.length === 0)
            return exchange.bytes === 0 ? [] : ['there is a body where none is described'];
        if (!types.includes('application/json'))
            return exchange.bytes > 0 ? [] : ['there is no body'];
        const problem = this.judge('closed', `${pointer}/content/application~1json/schema`,
            exchange.answer ?? null);
        return problem ? [`answer: ${problem}`] : [];
    }

    // What was accepted has to be what the description lets people send.
    checkRequest(operation, exchange) {
        const known = [...(operation.item.parameters ?? []), ...(operation.parameters ?? [])]
            .map((parameter) => this.resolve(parameter).node)
            .filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name);
        const query = new URLSearchParams(exchange.target.split('?')[1] ?? '');
        const problems = [...query.keys()].filter((name) => !known.includes(name))
            .map((name) => `the parameter ${name} is accepted and not described`);
        if (!operation.requestBody)
            return exchange.type ? [...problems, 'a body is accepted and not described'] : problems;
        const { node, pointer } = this.resolve(operation.requestBody,
            `${operation.pointer}/requestBody`);
        const type = Object.keys(node.content)
            .find((known) => (exchange.type ?? '').toLowerCase().startsWith(known));
        if (!type)
            return [...problems, `a body of type ${exchange.type} is accepted and not described`];
        if (type !== 'application/json')
            return problems;
        const problem = this.judge('open', `${pointer}/content/application~1json/schema`,
            exchange.request ?? {});
        return problem ? [...problems, `request: ${problem}`] : problems;
    }

    takesKey(operation) {
        return (operation.parameters ?? []).map((parameter) => this.resolve(parameter).node)
            .some((parameter) => parameter.in === 'header' && parameter.name === 'Idempotency-Key');
    }

    // Where the description and the server's table of routes differ.
    compare(routes) {
        const ours = new Map(this.operations().map((operation) => [operation.name, operation]));
        const theirs = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
        const problems = [];
        for (const [name, route] of theirs) {
            const body = ours.get(name)?.requestBody;
            const types = Object.keys(this.resolve(body).node?.content ?? {});
            if (!ours.has(name))
                problems.push(`${name} is served and not described`);
            else if (types.join() !== (route.body ?? ''))
                problems.push(`${name} takes ${route.body ?? 'no body'}, described: ${types}`);
            else if (this.takesKey(ours.get(name)) !== (route.creates ?? false))
                problems.push(`${name}: taking an Idempotency-Key and its description differ`);
        }
        for (const name of ours.keys()) {
            if (!theirs.has(name))
                problems.push(`${name} is described and not served`);
        }
        const ids = this.operations().map((operation) => operation.operationId);
        for (const id of ids.filter((id, i) => !id || ids.indexOf(id) !== i))
            problems.push(`operationId ${id} is missing or there twice`);
        return problems;
    }
}

const isVariable = (part) => part.startsWith('{');
const escape = (key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
const unescape = (key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~');

// An answer may hold no member that is not described, so that the description is complete. What an
// "allOf" is made of stays open, or no part could have members of its own: the whole is closed.
function close(node) {
    if (node === null || typeof node !== 'object')
        return node;
    for (const [key, value] of Object.entries(node)) {
        if (key !== 'allOf')
            close(value);
    }
    for (const part of Array.isArray(node.allOf) ? node.allOf : []) {
        if (typeof part.$ref === 'string' && part.$ref.startsWith('#'))
            part.$ref = `open:/${part.$ref}`;
    }
    const isObject = [node.type].flat().includes('object') && node.properties;
    if ((isObject || Array.isArray(node.allOf)) && !('additionalProperties' in node) &&
        !('unevaluatedProperties' in node))
        node.unevaluatedProperties = false;
    return node;
}

export function readRecordings(folder) {
    return readdirSync(folder).filter((name) => name.endsWith('.jsonl')).flatMap((name) =>
        readFileSync(join(folder, name), 'utf8').split('\n').filter((line) => line !== '')
            .map((line) => ({ program: name.replace('.jsonl', ''), ...JSON.parse(line) })));
}

// Problems of all exchanges (each kind once), and of operations that no test has seen succeed.
export function checkRecordings(description, exchanges) {
    const problems = new Map();
    const seen = new Set();
    for (const exchange of exchanges) {
        const operation = description.find(exchange.method, exchange.target);
        if (operation && exchange.status < 400)
            seen.add(operation.name);
        for (const text of description.check(exchange)) {
            const problem = `${operation?.name ?? `${exchange.method} ${exchange.target}`} ` +
                `${exchange.status}: ${text}`;
            problems.set(problem, exchange.program);
        }
    }
    for (const operation of description.operations()) {
        if (!seen.has(operation.name))
            problems.set(`${operation.name}: no recorded request succeeded; run all integration tests`,
                'openapi');
    }
    return [...problems].map(([text, program]) => `${program}: ${text}`);
}

async function main() {
    const { values } = parseArgs({
        options: {
            modules: { type: 'string' },
            document: { type: 'string' },
            routes: { type: 'string' },
            recordings: { type: 'string' },
        },
    });
    const description = await load(values.modules, values.document);
    const problems = [];
    if (values.routes)
        problems.push(...description.compare(JSON.parse(execFileSync(values.routes, { encoding: 'utf8' }))));
    if (values.recordings) {
        const exchanges = readRecordings(values.recordings);
        problems.push(...checkRecordings(description, exchanges));
        console.log(`${exchanges.length} exchanges, ${description.operations().length} operations`);
    }
    for (const problem of problems)
        console.error(problem);
    process.exitCode = problems.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
    await main();
