import assert from 'node:assert/strict'
import { test } from 'node:test'

import { proxyFor } from './proxy-setting.ts'

test('https_proxy names the proxy, with its user and password', () => {
  assert.deepEqual(
    proxyFor('plane.example', { https_proxy: 'http://u%40x:p%3A@proxy.example:3128' }),
    {
      host: 'proxy.example',
      port: 3128,
      credentials: 'u@x:p:',
      variable: 'https_proxy',
    },
  )
  assert.equal(proxyFor('plane.example', { HTTPS_PROXY: '10.0.0.1:3128' })?.variable, 'HTTPS_PROXY')
  assert.equal(proxyFor('plane.example', {}), null)
})

test('no_proxy takes hosts, domains and * out', () => {
  const https_proxy = 'http://proxy:3128'
  for (const no_proxy of ['plane.example', '.example', '*.example', 'a,example ,b', '*']) {
    assert.equal(proxyFor('plane.example', { https_proxy, no_proxy }), null, no_proxy)
  }
  assert.notEqual(proxyFor('notexample', { https_proxy, no_proxy: 'example' }), null)
})

test('what is no proxy is refused without repeating it', () => {
  assert.throws(
    () => proxyFor('plane', { https_proxy: 'socks5://user:secret@proxy' }),
    (error: Error) =>
      /https_proxy is no address/.test(error.message) && !/secret/.test(error.message),
  )
})
