/** The API objects that pods of this node refer to, followed one by one. */
@NullMarked
package dev.coracle.kubelet.internal.objects;

import org.jspecify.annotations.NullMarked;
