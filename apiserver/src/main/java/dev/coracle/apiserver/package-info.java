/**
 * The Kubernetes API over HTTPS and by direct call: {@link dev.coracle.apiserver.ApiServer} is the
 * component, {@link dev.coracle.apiserver.ApiCalls} the door for components of the same process. A
 * request flows through the filters (authentication, limits, authorisation), its verb, admission,
 * validation and the {@link dev.coracle.watchhub.ResourceStore}.
 */
@NullMarked
package dev.coracle.apiserver;

import org.jspecify.annotations.NullMarked;
