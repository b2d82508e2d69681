/**
 * Volumes: an ordered list of plugins, each making a directory ready for containers and keeping it
 * up to date.
 */
@NullMarked
package dev.coracle.kubelet.internal.volume;

import org.jspecify.annotations.NullMarked;
