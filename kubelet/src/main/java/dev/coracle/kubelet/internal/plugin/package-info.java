/**
 * Finds plugins by the sockets they put into {@code plugins_registry} (KEP-595) and introduces them
 * to those who work with their type.
 */
@NullMarked
package dev.coracle.kubelet.internal.plugin;

import org.jspecify.annotations.NullMarked;
