import CLibFuzzer
import FuzzTargets
import Glibc

// One program has all targets, as libFuzzer's own main is left out of the link:
//
//     Fuzz --list
//     FUZZ_TARGET=query Fuzz [libFuzzer's options, folders and files]
//
// The target is no argument, because libFuzzer starts itself again with the arguments that it was given.
if CommandLine.arguments.dropFirst().first == "--list" {
    for target in FuzzTarget.all { print(target.name) }
    exit(0)
}
_ = Fuzzer.target
var count = CommandLine.argc
var arguments = Optional(CommandLine.unsafeArgv)
atexit { Fuzzer.report() }
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
        Fuzzer.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    })
