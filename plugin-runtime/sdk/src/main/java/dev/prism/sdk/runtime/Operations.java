package dev.prism.sdk.runtime;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.prism.options.Options;
import java.util.HashMap;
import java.util.Map;

/** The methods' numbers on the link, {@code (prism.method).operation} of the contract. */
final class Operations {
  private Operations() {}

  /** Method by number, of all services of a file. */
  static Map<Integer, MethodDescriptor> of(FileDescriptor file) {
    Map<Integer, MethodDescriptor> methods = new HashMap<>();
    for (ServiceDescriptor service : file.getServices()) {
      for (MethodDescriptor method : service.getMethods()) {
        if (method.getOptions().hasExtension(Options.method)) {
          methods.put(method.getOptions().getExtension(Options.method).getOperation(), method);
        }
      }
    }
    return methods;
  }
}
