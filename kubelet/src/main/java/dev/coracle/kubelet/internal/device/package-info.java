/**
 * Device plugins (Kubernetes docs, "Device Plugins"): they register at the kubelet's socket, tell
 * their devices, and are asked for them when a pod wants some. What a pod holds is kept on disk.
 */
@NullMarked
package dev.coracle.kubelet.internal.device;

import org.jspecify.annotations.NullMarked;
