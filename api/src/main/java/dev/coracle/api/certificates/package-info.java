/**
 * Certificate signing requests as the API carries them: PKCS#10 (RFC 2986) in PEM, read without a
 * library because both the API server, which refuses what it does not understand, and the
 * controllers, which approve and sign, look into them.
 */
@NullMarked
package dev.coracle.api.certificates;

import org.jspecify.annotations.NullMarked;
