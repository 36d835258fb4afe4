// Writes what the page must know of the server, from its OpenAPI: types, permissions, words.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const [source, folder] = process.argv.slice(2);
const api = JSON.parse(readFileSync(source, "utf8"));
mkdirSync(folder, { recursive: true });

const roles = {};
for (const methods of Object.values(api.paths)) {
  for (const operation of Object.values(methods)) {
    const permission = operation["x-permission"];
    if (permission) roles[permission] = operation["x-roles"];
  }
}
const words = Object.fromEntries(
  ["Side", "OrderType", "TimeInForce", "Role"].map((name) => [name, api.components.schemas[name].enum]),
);
writeFileSync(
  `${folder}/contract.ts`,
  `export const ROLES_OF = ${JSON.stringify(roles, null, 2)} as const;\n\n` +
    `export const WORDS = ${JSON.stringify(words, null, 2)} as const;\n`,
);
writeFileSync(`${folder}/schema.ts`, astToString(await openapiTS(api, { defaultNonNullable: false })));
