/**
 * Images by digest: reading tar archives, unpacking layers, archives of docker and OCI, registries.
 */
@NullMarked
package dev.coracle.criruntime.internal.image;

import org.jspecify.annotations.NullMarked;
