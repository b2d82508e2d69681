/**
 * Tests of the kubelet's API, with hand-written fakes of its backend and the real kubectl as
 * client.
 */
@NullMarked
package dev.coracle.kubelet.server;

import org.jspecify.annotations.NullMarked;
