/**
 * The pod lifecycle event generator: what changed in the runtime, by its events, with a relist as
 * safety net.
 */
@NullMarked
package dev.coracle.kubelet.internal.pleg;

import org.jspecify.annotations.NullMarked;
