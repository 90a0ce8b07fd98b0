// What the API's description says that requests may hold, as JSON for tests written in C.
//
//   bodies.mjs --modules DIR --document FILE --out FILE
//
// One object for each operation that takes a JSON body: method, path and members, each with its
// name, its kind ("string", "number", "integer", "boolean", "object", "array"), whether it is
// required, a sample that is of the kind, and the members of an object.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const METHODS = ['post', 'put', 'patch'];

const { values } = parseArgs({
    options: { modules: { type: 'string' }, document: { type: 'string' }, out: { type: 'string' } },
});
const { parse } = createRequire(resolve(values.modules, 'package.json'))('yaml');
const api = parse(readFileSync(values.document, 'utf8'));

function follow(node) {
    while (node?.$ref)
        node = node.$ref.slice(2).split('/').reduce((at, key) => at[key], api);
    return node;
}

// All properties of a schema, those of its allOf included.
function propertiesOf(schema) {
    schema = follow(schema);
    const parts = (schema.allOf ?? []).map(propertiesOf);
    return {
        properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties),
        required: [...parts.flatMap((part) => part.required), ...(schema.required ?? [])],
    };
}

function kindOf(schema) {
    if (schema.allOf ?? schema.properties)
        return 'object';
    const kind = [schema.type ?? (schema.enum ? typeof schema.enum[0] : undefined)].flat()
        .find((type) => type !== 'null');
    if (kind === undefined)
        throw new Error(`a member has no type: ${JSON.stringify(schema)}`);
    return kind;
}

function sampleOf(schema) {
    schema = follow(schema);
    if (schema.enum)
        return schema.enum.find((value) => value !== null);
    switch (kindOf(schema)) {
    case 'string':
        if (schema.format === 'date-time')
            return '2026-05-01T12:00:00Z';
        if (schema.format === 'uuid')
            return '00000000-0000-4000-8000-00000000dead';
        return schema.pattern?.endsWith('{64}$') ? 'f'.repeat(64) : 'x';
    case 'integer':
    case 'number':
        return schema.minimum ?? 1;
    case 'boolean':
        return false;
    case 'array':
        return [];
    }
    const { properties, required } = propertiesOf(schema);
    return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name])]));
}

function membersOf(schema) {
    const { properties, required } = propertiesOf(schema);
    return Object.entries(properties).map(([name, property]) => {
        const node = follow(property);
        const kind = kindOf(node);
        return {
            name, kind, required: required.includes(name), sample: sampleOf(node),
            members: kind === 'object' ? membersOf(node) : [],
        };
    });
}

const bodies = Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]?.requestBody).flatMap((method) => {
        const json = follow(item[method].requestBody).content['application/json'];
        return json === undefined ? [] :
            [{ method: method.toUpperCase(), path, members: membersOf(json.schema) }];
    }));
writeFileSync(values.out, JSON.stringify(bodies, null, 1));
