export { fieldInAnyCase, isJsonObject, type Json, type JsonObject } from '../sequence/json.ts';
