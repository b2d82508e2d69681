/**
 * Images: present or not, pulled by policy with back-off, in bounded parallel; and their removal.
 */
@NullMarked
package dev.coracle.kubelet.internal.image;

import org.jspecify.annotations.NullMarked;
