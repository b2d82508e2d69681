package dev.coracle.kubelet.server;

/**
 * What a request to the kubelet means to authorisation: a verb on {@code nodes/SUBRESOURCE} of this
 * node, as in a SubjectAccessReview's resource attributes (apiGroup "", apiVersion v1).
 *
 * @param verb get, create, update, patch or delete
 * @param subresource proxy, stats, metrics, log, pods, healthz, configz or checkpoint
 * @param nodeName the Node's name
 * @param path the request's path
 */
public record NodeAttributes(String verb, String subresource, String nodeName, String path) {}
