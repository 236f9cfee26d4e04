import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { ProblemError } from '@orderflow/service-kit/problem';
import type { RequestHandler } from 'express';

/** Names by which the page may be asked for beside the loopback ones, in lower case; `any` switches the check off. */
export type AllowedHosts = ReadonlySet<string> | 'any';

const HOST = /^(?<name>\[[\da-f:.]+\]|[\w.-]+?)\.?(?::\d{1,5})?$/i;
const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The name in a Host header, in lower case, without port and final dot; undefined for what is none. */
export function parseHost(header: string): string | undefined {
  return HOST.exec(header)?.groups?.['name']?.toLowerCase();
}

/**
 * Refuses requests that were meant for another name. A page of a stranger may have its own name resolve to this address
 * (DNS rebinding): to the browser it is of the same site then, but its name is still in the Host header.
 */
export function requireHost(allowed: AllowedHosts): RequestHandler {
  return (request, _response, next) => {
    if (allowed !== 'any' && !isAllowed(request.headers.host ?? '', allowed)) {
      throw new ProblemError(PROBLEMS.misdirectedRequest, {
        detail: 'the Host is neither a loopback name nor one of CONSOLE_ALLOWED_HOSTS',
      });
    }
    next();
  };
}

function isAllowed(header: string, allowed: ReadonlySet<string>): boolean {
  const name = parseHost(header);
  return name !== undefined && (LOOPBACK.test(name) || allowed.has(name));
}
