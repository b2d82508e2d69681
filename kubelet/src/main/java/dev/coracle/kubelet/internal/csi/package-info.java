/**
 * Volumes of storage drivers (CSI): drivers register by the plugin socket, are told to stage and
 * publish volumes for pods, and to take them back. What is published stands in small files beside
 * the volumes, so that a later kubelet can take it back too.
 */
@NullMarked
package dev.coracle.kubelet.internal.csi;

import org.jspecify.annotations.NullMarked;
