/**
 * The SyncLoop: what happens reaches the one worker of each pod, which makes the runtime agree with
 * the spec.
 */
@NullMarked
package dev.coracle.kubelet.internal.sync;

import org.jspecify.annotations.NullMarked;
