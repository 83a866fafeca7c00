import type { Command } from "commander";
import { findApi } from "./address";
import { createApi, type Api } from "./client";
import { readEnvironment } from "./environment";
import { createTerminal, type Terminal } from "./terminal";

/** Options of every command. */
export type GlobalOptions = { readonly json?: true; readonly api?: string; readonly debug?: true };

export type Session = { readonly api: Api; readonly terminal: Terminal };

/** What a command that speaks to the API works with. */
export function openSession(command: Command): Session {
  const options = command.optsWithGlobals<GlobalOptions>();
  return { api: createApi(findApi(options.api, readEnvironment()).url), terminal: openTerminal(command) };
}

/** What a command that does not needs. */
export function openTerminal(command: Command): Terminal {
  return createTerminal(command.optsWithGlobals<GlobalOptions>());
}
