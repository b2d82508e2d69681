/**
 * TLS identities from PEM. They go to the TLS engine as key managers of their own: a {@code
 * KeyStore} would encrypt each key with thousands of hash rounds, which a start-up would feel.
 */
@NullMarked
package dev.coracle.api.tls;

import org.jspecify.annotations.NullMarked;
