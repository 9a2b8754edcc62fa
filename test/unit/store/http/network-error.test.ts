import { expect } from 'chai';

import { asNetworkError } from '../../../../shared/store/http/message/network-error.ts';

const FAULTS = {
  lookup: ['ENOTFOUND'],
  // What OpenSSL says of a certificate: https://nodejs.org/docs/latest-v24.x/api/tls.html#x509-certificate-error-codes
  tls: [
    'CERT_HAS_EXPIRED',
    'CERT_SIGNATURE_FAILURE',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'HOSTNAME_MISMATCH',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'PATH_LENGTH_EXCEEDED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    // Of a key that is too weak, and whatever else Node has no name for.
    'UNSPECIFIED',
  ],
  refused: ['ECONNREFUSED', 'EHOSTUNREACH'],
  'connect-timeout': ['ETIMEDOUT'],
  // Another try may help.
  cut: ['ECONNRESET', 'EPIPE', 'EAI_AGAIN', 'EMFILE'],
};

describe('an error of a connection', () => {
  for (const [fault, codes] of Object.entries(FAULTS)) {
    it(`is the fault ${fault}, by its code`, () => {
      for (const code of codes)
        expect(asNetworkError(Object.assign(new Error('says the test'), { code })).fault, code).to.equal(fault);
    });
  }
});
