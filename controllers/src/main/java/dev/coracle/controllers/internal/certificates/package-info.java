/**
 * CertificateSigningRequests and PodCertificateRequests: who is approved without a person
 * (kubelets), what is signed by the cluster's authority, and when a request is cleared away
 * (Kubernetes docs, "Certificates and Certificate Signing Requests").
 */
@NullMarked
package dev.coracle.controllers.internal.certificates;

import org.jspecify.annotations.NullMarked;
