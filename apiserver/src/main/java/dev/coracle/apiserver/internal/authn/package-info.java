/** Who asks: client certificates, service account and static tokens, impersonation. */
@NullMarked
package dev.coracle.apiserver.internal.authn;

import org.jspecify.annotations.NullMarked;
