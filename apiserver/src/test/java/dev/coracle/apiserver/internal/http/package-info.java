@NullMarked
package dev.coracle.apiserver.internal.http;

import org.jspecify.annotations.NullMarked;
