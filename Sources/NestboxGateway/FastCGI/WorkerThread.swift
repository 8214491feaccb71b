import CNestboxSystem
import Glibc

/// A thread of our own: libfcgi and handlers may block, which the threads of Swift's own pool must not.
///
/// It runs with all signals blocked: a signal in the middle of a write would truncate a response.
final class WorkerThread: Sendable {
    private let thread: pthread_t

    /// - Throws: ``GatewayError`` when the system gives no more threads.
    init(name: String, worker: Worker) throws(GatewayError) {
        // The thread owns the worker until it ends.
        let box = Unmanaged.passRetained(worker)
        var thread = pthread_t()
        let code = nestbox_thread_start(
            &thread, name,
            { argument in
                guard let argument else { return nil }
                nestbox_set_current_worker(argument)
                Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue().run()
                nestbox_set_current_worker(nil)
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw GatewayError(.threadNotStarted, errno: code, remedy: "Lower 'workers' or raise the process limit.")
        }
        self.thread = thread
    }

    /// Waits until the worker has returned, but no longer than a time of the monotonic clock: a handler may block for
    /// ever, and the thread is left to the end of the process then.
    func join(until deadline: UInt64) {
        nestbox_thread_join(thread, deadline)
    }
}
