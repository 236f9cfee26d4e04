import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';

/** What the browser may load and do: only what comes from here, and nothing inline. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

export const secureHeaders: RequestHandler = (_request, response, next) => {
  response.set(SECURITY_HEADERS);
  next();
};

/** Asks for the password by HTTP Basic; the user name does not matter. */
export function requirePassword(password: string): RequestHandler {
  const wanted = digest(password);
  return (request, response, next) => {
    const [scheme, encoded = ''] = (request.headers.authorization ?? '').split(' ', 2);
    const given = Buffer.from(encoded, 'base64').toString().split(':').slice(1).join(':');
    if (scheme?.toLowerCase() === 'basic' && timingSafeEqual(digest(given), wanted)) next();
    else response.status(401).set('www-authenticate', 'Basic realm="orderflow console"').end();
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Lets no page of another site act in the name of who looks at this one. */
export const refuseOtherSites: RequestHandler = (request, response, next) => {
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin') next();
  else response.status(403).end();
};
