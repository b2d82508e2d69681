/**
 * Keys and certificates of pods (KEP-4317): the kubelet makes a key, asks a signer for its
 * certificate by a PodCertificateRequest, and does so again in time.
 */
@NullMarked
package dev.coracle.kubelet.internal.podcertificate;

import org.jspecify.annotations.NullMarked;
