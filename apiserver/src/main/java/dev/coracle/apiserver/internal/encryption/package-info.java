/**
 * Values that are encrypted in the store (Kubernetes docs, "Encrypting Confidential Data at Rest",
 * KEP-3299 for KMS v2): a decorator around the storage, and the providers of an
 * EncryptionConfiguration in upstream's own formats.
 */
@NullMarked
package dev.coracle.apiserver.internal.encryption;

import org.jspecify.annotations.NullMarked;
