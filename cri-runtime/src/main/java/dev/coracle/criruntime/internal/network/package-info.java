/**
 * The network of pods: a bridge of our own, CNI plugins where they are configured, or the host's.
 */
@NullMarked
package dev.coracle.criruntime.internal.network;

import org.jspecify.annotations.NullMarked;
