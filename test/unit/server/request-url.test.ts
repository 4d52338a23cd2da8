import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keptnContextOf, uuidOf } from '../../../src/server/keptn-context.ts';
import { rawResourceUri, resourceUriOf, routedUrl } from '../../../src/server/request-url.ts';

/** What Go's url.QueryEscape does. */
const queryEscape = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');

describe('the URL of a request', () => {
  it('loses /api and repeated slashes in its path only', () => {
    const cases: [string, string][] = [
      ['/api/v1/auth', '/v1/auth'],
      ['//v1/auth', '/v1/auth'],
      ['/api//v1//event?filter=a//b', '/v1/event?filter=a//b'],
      ['/api', '/'],
      ['/api/', '/'],
      ['/api?x', '/?x'],
      ['/apix/y', '/apix/y'],
      ['/controlPlane/v1/project/', '/controlPlane/v1/project'],
      ['/', '/'],
    ];
    for (const [url, expected] of cases) assert.equal(routedUrl(url), expected);
  });

  it('gets the new names of services for those of older releases, at its beginning only', () => {
    const cases: [string, string][] = [
      ['/api/configuration-service/v1/project/p/resource', '/resource-service/v1/project/p/resource'],
      ['/shipyard-controller/v1/uniform/registration?x', '/controlPlane/v1/uniform/registration?x'],
      ['/configuration-services/v1', '/configuration-services/v1'],
      ['/v1/configuration-service/x', '/v1/configuration-service/x'],
    ];
    for (const [url, expected] of cases) assert.equal(routedUrl(url), expected);
  });

  it('names the same file however often its path was escaped on the way', () => {
    const segment = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/[%/?#]/.test(text));
    fc.assert(
      fc.property(fc.array(segment, { minLength: 2, maxLength: 4 }), (segments) => {
        const path = segments.join('/');
        assert.equal(resourceUriOf(queryEscape(path)), path);
        assert.equal(resourceUriOf(queryEscape(queryEscape(path))), path);
        assert.equal(resourceUriOf(segments.map(queryEscape).join('/')), path);
        assert.equal(resourceUriOf(encodeURIComponent(encodeURIComponent(path))), path);
      }),
    );
  });

  it('stays readable when its escapes are no text', () => {
    assert.equal(resourceUriOf('a%FFb'), 'a%FFb');
    assert.equal(resourceUriOf('100%25'), '100%');
    assert.equal(resourceUriOf('a%2'), 'a%2');
    assert.equal(rawResourceUri('/x/resource/a%2Fresource/b?c=/resource/d'), 'a%2Fresource/b');
  });
});

describe('a Keptn context', () => {
  it('is a UUID of version 4 that depends on the text alone', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        const context = keptnContextOf(text);
        assert.match(context, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        assert.equal(keptnContextOf(text), context);
      }),
    );
    assert.equal(keptnContextOf('my-own-context'), '6d792d6f-776e-4d63-af6e-746578742020');
    assert.notEqual(uuidOf('a'), uuidOf('b'));
  });
});
