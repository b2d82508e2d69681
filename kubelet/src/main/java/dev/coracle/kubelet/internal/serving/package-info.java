/**
 * What the kubelet's own API serves: pods and containers from memory, streams and statistics from
 * the runtime, reviews by the API.
 */
@NullMarked
package dev.coracle.kubelet.internal.serving;

import org.jspecify.annotations.NullMarked;
