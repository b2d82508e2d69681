/** What clients are warned of, in the words of Kubernetes 1.36: deprecated APIs and odd objects. */
@NullMarked
package dev.coracle.apiserver.warning;

import org.jspecify.annotations.NullMarked;
