/**
 * Runs the Pods of one node. {@link dev.coracle.kubelet.Kubelet} is the entry: a SyncLoop hears of
 * pods (API, manifests) and of what happens in the runtime, and hands each to its pod's one worker;
 * workers make the runtime, reached by CRI only, agree with the specs; status, probes, volumes,
 * images and the Node itself are parts of their own.
 */
@NullMarked
package dev.coracle.kubelet;

import org.jspecify.annotations.NullMarked;
